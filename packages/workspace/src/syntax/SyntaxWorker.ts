/** The thread that parses: it holds the parser and the grammars, and answers one request after the other. */
import { parentPort } from "node:worker_threads"
import * as library from "web-tree-sitter"
import * as TreeParser from "./TreeParser.ts"

/**
 * Memory of the parser and its trees: at most 256 MiB, in pages of 64 KiB. A source of 500,000 characters takes 38 MiB;
 * one that is made to take a gigabyte ends the thread, and with it its memory.
 */
const maximum = 4_096

let parser: Promise<TreeParser.TreeParser> | undefined

/** Answers a request. Where that fails, the thread ends, and whoever waits hears of it. */
const answer = (request: TreeParser.OutlineRequest) => {
  parser ??= TreeParser.make({ library, Bytes: Uint8Array, maximum })
  return parser.then((parser) =>
    parser.load(request.grammar).then((language) => {
      // The rule is about windows, which have origins; ports have none.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      parentPort?.postMessage(parser.outline(language, request))
    })
  )
}

parentPort?.on("message", answer)
