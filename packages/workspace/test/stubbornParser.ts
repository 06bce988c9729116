/** A thread in the place of the parser: it never answers `hang`, ends at `crash`, and knows an outline of all else. */
import { exit } from "node:process"
import { parentPort } from "node:worker_threads"

parentPort?.on("message", ({ text }: { readonly text: string }) => {
  if (text === "crash") exit(1)
  // The rule is about windows, which have origins; ports have none.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  if (text !== "hang") parentPort?.postMessage({ definitions: [], mentions: {}, errors: 0 })
})
