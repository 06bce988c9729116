import { signatureOf } from "@nominal-code/testing/GitHubDeliveries"
import { randomUUID } from "node:crypto"
import { Agent, request } from "node:http"
import { parentPort, workerData } from "node:worker_threads"
import type { Answers, Volley } from "./Load.ts"

// A thread of its own: nothing that the emulated forge does can delay a delivery, or the look at the clock after it.

/** Time that GitHub waits for an answer, in milliseconds. */
const patience = 10_000

const volley: Volley = workerData
const agent = new Agent({ keepAlive: true })
const template = volley.template.split(volley.placeholder)

// Written and signed before the clock starts.
const deliveries = Array.from({ length: volley.count }, (_, index) => {
  const body = Buffer.from(template.join(String(volley.first + index)))
  return {
    body,
    headers: {
      "content-type": "application/json",
      "content-length": body.byteLength,
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-event": "pull_request",
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": signatureOf(volley.secret, body)
    }
  }
})

const millis: Array<number> = []
const started = performance.now()
let sent = 0

const finish = (answers: Answers): void => {
  agent.destroy()
  // The rule is about windows, which have origins; ports have none.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(answers)
}

/** Sends the next delivery, if there is one; `then` is called when it has been acknowledged. */
const send = (then: () => void): void => {
  const delivery = deliveries[sent++]
  if (delivery === undefined) return
  const at = performance.now()
  const outgoing = request(volley.url, {
    method: "POST",
    agent,
    headers: delivery.headers,
    signal: AbortSignal.timeout(patience)
  })
  outgoing.on("error", ({ message }) => finish({ _tag: "Failed", message }))
  outgoing.on("response", (response) => {
    if (response.statusCode !== 202) finish({ _tag: "Failed", message: `it was answered ${response.statusCode}` })
    response.resume()
    response.on("end", () => {
      millis.push(performance.now() - at)
      if (millis.length < volley.count) return then()
      finish({ _tag: "Acknowledged", millis, seconds: (performance.now() - started) / 1000 })
    })
  })
  outgoing.end(delivery.body)
}

const flatOut = (atOnce: number): void => {
  const next = (): void => send(next)
  for (let connection = 0; connection < atOnce; connection += 1) next()
}

/** Sends at its own pace, even if earlier deliveries were not answered. */
const paced = (perSecond: number): void => {
  send(() => {})
  const due = started + (sent / perSecond) * 1000
  if (sent < volley.count) setTimeout(() => paced(perSecond), Math.max(0, due - performance.now()))
}

if (volley.pace._tag === "FlatOut") flatOut(volley.pace.atOnce)
else paced(volley.pace.perSecond)
