const mostRedirects = 3

/** Sends no body with a secret: what every text has passed before, this stands at the door itself for. */
export const fetchRedacted =
  (redact: (text: string) => string) => (url: string, init: RequestInit): Promise<Response> =>
    fetchWithin(url, typeof init.body === "string" ? { ...init, body: redact(init.body) } : init)

/** A redirect that leads away from the configured host, where our token must not go. */
export class RedirectedAway extends Error {}

/** `fetch` that follows redirects with the method and token kept, on the same host only. */
export const fetchWithin = (url: string, init: RequestInit, hops = mostRedirects): Promise<Response> =>
  fetch(url, { ...init, redirect: "manual" }).then((response) => {
    const location = response.headers.get("location")
    if (response.status < 300 || response.status >= 400 || location === null) return response
    const target = URL.parse(location, url)
    if (target === null || target.origin !== new URL(url).origin || hops === 0) {
      throw new RedirectedAway(`The forge redirects to ${target?.origin ?? location}, where the token must not go`)
    }
    return fetchWithin(target.href, init, hops - 1)
  })
