import type { Answer, Exchange, ForgeRequest } from "./Exchange.ts"

type ExchangeFunction = (typeof Exchange)["Service"]

const mostRedirects = 3

/** Redacts the body once more before it is sent, whatever path its texts have taken. */
export const sendRedacted =
  (send: ExchangeFunction, redact: (text: string) => string) => (url: string, sent: ForgeRequest) =>
    sendWithin(send, url, typeof sent.body === "string" ? { ...sent, body: redact(sent.body) } : sent)

/** A redirect that leads away from the configured host, where our token must not go. */
export class RedirectedAway extends Error {}

/** Follows redirects with the method and token kept, on the same host only. */
const sendWithin = (send: ExchangeFunction, url: string, sent: ForgeRequest, hops = mostRedirects): Promise<Answer> =>
  send(url, sent).then((answer) => {
    const location = answer.headers.get("location") ?? null
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer
    const target = URL.parse(location, url)
    if (target === null || target.origin !== new URL(url).origin || hops === 0) {
      throw new RedirectedAway(`The forge redirects to ${target?.origin ?? location}, where the token must not go`)
    }
    return sendWithin(send, target.href, sent, hops - 1)
  })
