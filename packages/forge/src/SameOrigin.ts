import type { Answer, Exchange, Sent } from "./Exchange.ts"

type Send = (typeof Exchange)["Service"]

const mostRedirects = 3

/** Sends no body with a secret: what every text has passed before, this stands at the door itself for. */
export const sendRedacted = (send: Send, redact: (text: string) => string) => (url: string, sent: Sent) =>
  sendWithin(send, url, typeof sent.body === "string" ? { ...sent, body: redact(sent.body) } : sent)

/** A redirect that leads away from the configured host, where our token must not go. */
export class RedirectedAway extends Error {}

/** Follows redirects with the method and token kept, on the same host only. */
const sendWithin = (send: Send, url: string, sent: Sent, hops = mostRedirects): Promise<Answer> =>
  send(url, sent).then((answer) => {
    const location = answer.headers.get("location") ?? null
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer
    const target = URL.parse(location, url)
    if (target === null || target.origin !== new URL(url).origin || hops === 0) {
      throw new RedirectedAway(`The forge redirects to ${target?.origin ?? location}, where the token must not go`)
    }
    return sendWithin(send, target.href, sent, hops - 1)
  })
