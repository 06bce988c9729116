import { Effect, type Schema } from "effect"
import { readFileSync } from "node:fs"
import type { KubeEmulator } from "./KubeEmulator.ts"

/** The token of an emulated cluster's kubeconfig. */
export const tokenOf = ({ kubeconfig }: KubeEmulator): string =>
  JSON.parse(readFileSync(kubeconfig, "utf8")).users[0].user.token

/** One request as a client sends it. */
export interface KubeQuestion {
  readonly method: string
  readonly path: string
  readonly body?: Schema.Json | object
}

/** Sends a request to an emulated cluster, and waits for the whole answer: of a watch, until it ends. */
export const ask = (at: KubeEmulator, { body, method, path }: KubeQuestion, token = tokenOf(at)) =>
  Effect.promise(() =>
    fetch(`${at.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    }).then((response) =>
      response.text().then((text) => ({
        code: response.status,
        headers: Object.fromEntries(response.headers),
        text,
        body: text.startsWith("{") && !text.includes("\n") ? JSON.parse(text) : text
      }))
    )
  )

/** The lines of a watch that has ended. */
export const linesOf = (
  { text }: { readonly text: string }
): ReadonlyArray<{ readonly type: string; readonly object: Schema.Json }> =>
  text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line))
