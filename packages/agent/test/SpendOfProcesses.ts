import { NodeServices } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Usage } from "@nominal-code/domain/model/Usage"
import { Spend } from "@nominal-code/persistence/Spend"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Effect, type Layer } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { randomInt } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { kill } from "node:process"
import * as Wire from "../../llm/test/AnthropicWire.ts"
import { bill, type Books, costOf, dayLimit, generous, noBooks, overdrawn, reviews, total } from "./SpendWorld.ts"

const names = ["first", "second", "third"] as const
type Name = (typeof names)[number]

/** The call of each process during which it is killed. The third one lives. */
const killedAt: Readonly<Record<Name, number>> = { first: 8, second: 16, third: Infinity }

interface Spender {
  readonly books: Books
  calls: number
  pid: number | undefined
}

const isName = (text: string): text is Name => names.some((name) => name === text)

const asked = /Review (\d+)\./
const mostTokens = /"max_tokens":(\d+)/
const isLastTurn = /"tool_choice":\{"type":"any"\}/

const submits = Wire.toolBlock(0, "toolu_1", "submit_review", JSON.stringify({ summary: "Fine." }))
const reads = Wire.toolBlock(0, "toolu_1", "Read", "{}")

/**
 * Claude, who keeps books of its own by process and account. It bills what it was sent and wrote, limits some calls,
 * loses some answers, and kills a process during one of its calls.
 */
const makeVendor = () => {
  const everybody = noBooks()
  const spender = (): Spender => ({ books: noBooks(), calls: 0, pid: undefined })
  const spenders: Readonly<Record<Name, Spender>> = { first: spender(), second: spender(), third: spender() }

  const answer = (name: Name, body: string, response: ServerResponse) => {
    const one = spenders[name]
    one.calls++
    const chance = randomInt(100)
    if (chance < 10) return Wire.failed(429, "rate_limit_error", "slow down", { "retry-after": "0" })(response)
    // At most the estimate: three characters a token.
    const input = Math.floor(body.length / 8)
    const output = 1 + randomInt(Number(mostTokens.exec(body)?.[1] ?? 1))
    const nano = costOf(new Usage({ input, output, cacheRead: 0, cacheWrite: 0 }))
    const review = Number(asked.exec(body)?.[1])
    bill(everybody, review, nano)
    if (one.calls >= killedAt[name] || chance < 15) {
      one.books.lost += nano
      if (one.calls >= killedAt[name] && one.pid !== undefined) {
        kill(one.pid, "SIGKILL")
        // Its other calls are answered, too, when it may be gone.
        one.pid = undefined
      }
      return response.destroy()
    }
    one.books.answered += nano
    const isOver = isLastTurn.test(body) || chance < 55
    Wire.answer(isOver ? submits : reads, { stop: "tool_use", output, usage: { input_tokens: input } })(response)
  }

  const ready: Array<ServerResponse> = []
  const receive = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/ready") {
      // The processes begin together, or the first one would be done before the last one runs.
      ready.push(response)
      if (ready.length === names.length) { for (const one of ready) one.end() }
      return
    }
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const name = String(request.headers.authorization).replace("Bearer ", "")
      setTimeout(() => {
        if (isName(name)) answer(name, Buffer.concat(chunks).toString(), response)
      }, randomInt(1, 5))
    })
  }
  return { everybody, receive, spenders }
}

const serve = (receive: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(receive)
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** Runs the reviews in three processes, two of which are killed, and compares the ledger with the vendor's books. */
export const spendOfProcesses = Effect.fnUntraced(
  function*(place: string, store: Layer.Layer<Spend, StoreError>) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const vendor = makeVendor()
    const { url } = yield* serve(vendor.receive)
    const share = Math.ceil(reviews / names.length)
    const children = yield* Effect.forEach(names, (name, index) => {
      const numbers = [index * share, Math.min(reviews, (index + 1) * share)].map(String)
      const args = [`${import.meta.dirname}/spender.ts`, place, url, name, ...numbers]
      return Effect.tap(
        spawner.spawn(ChildProcess.make(process.execPath, args, { stdout: "ignore", stderr: "inherit" })),
        ({ pid }) =>
          Effect.sync(() => {
            vendor.spenders[name].pid = Number(pid)
          })
      )
    })
    yield* Effect.forEach(children, ({ exitCode }) => Effect.exit(exitCode), { concurrency: "unbounded" })

    assert.deepStrictEqual(overdrawn(vendor.everybody, generous), [])
    const costs = yield* Effect.provide(Spend.use((ledger) => ledger.costs(0)), store)
    assert.isAtMost(total(costs, "spent") + total(costs, "held"), dayLimit * generous)
    for (const name of names) {
      const { books, calls } = vendor.spenders[name]
      const own = costs.filter(({ subject }) => subject.repository === `github:acme/${name}`)
      const [spent, lost, held] = [total(own, "spent"), total(own, "lost"), total(own, "held")]
      assert.isAtLeast(spent + held, books.answered + books.lost, name)
      if (killedAt[name] === Infinity) {
        assert.deepStrictEqual([held, spent - lost], [0, books.answered], name)
        assert.isAtLeast(lost, books.lost)
        assert.isAbove(books.answered, 0)
      } else {
        assert.isAtLeast(calls, killedAt[name], `${name} was not killed`)
        // What was in flight when it died counts as spent. What it was answered last may not be settled.
        assert.isAbove(held, 0, name)
        assert.isAtMost(spent - lost, books.answered, name)
      }
    }
  },
  Effect.scoped,
  Effect.provide(NodeServices.layer)
)
