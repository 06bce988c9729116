/** The thread that parses: it holds the parser and the grammars, and answers one request after the other. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parentPort } from "node:worker_threads"
import { brotliDecompressSync } from "node:zlib"
import { Language, Parser } from "web-tree-sitter"
import { type Grammar, grammarFiles, parserFile } from "./GrammarFiles.ts"
import { type Outline, outlineOf } from "./Outline.ts"

/** Request for the outline of a text. */
export interface OutlineRequest {
  readonly grammar: Grammar
  readonly text: string
  readonly names: ReadonlyArray<string>
}

/** Global of each JavaScript, which Node's types leave to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new(size: { readonly initial: number; readonly maximum: number }) => object
}

const isBuilt = !import.meta.url.endsWith(".ts")

/** Reads a program of WebAssembly: a released package holds them compressed, beside its code. */
const program = (name: string, file: string): Uint8Array =>
  isBuilt
    ? brotliDecompressSync(readFileSync(new URL(`../grammars/${name}.wasm.br`, import.meta.url)))
    : readFileSync(fileURLToPath(import.meta.resolve(file)))

/**
 * Memory of the parser and its trees: at most 256 MiB, in pages of 64 KiB. A source of 500,000 characters takes 38 MiB;
 * one that is made to take a gigabyte ends the thread, and with it its memory. Node's limits do not count it.
 */
const memory = { initial: 512, maximum: 4_096 }

const languages = new Map<Grammar, Promise<Language>>()
let parser: Promise<Parser> | undefined

const languageOf = (grammar: Grammar): Promise<Language> => {
  const language = languages.get(grammar) ?? Language.load(program(grammar, grammarFiles[grammar]))
  languages.set(grammar, language)
  return language
}

const outline = (parser: Parser, { names, text }: OutlineRequest): Outline | undefined => {
  const tree = parser.parse(text)
  if (tree === null) return undefined
  try {
    return outlineOf(tree, text, names)
  } finally {
    tree.delete()
  }
}

/** Answers a request. Where that fails, the thread ends, and whoever waits hears of it. */
const answer = (request: OutlineRequest) => {
  parser ??= Parser.init({
    wasmBinary: program("parser", parserFile),
    wasmMemory: new WebAssembly.Memory(memory),
    // Whoever waits hears of the thread's end, and no log of its last words.
    printErr: () => {}
  }).then(() => new Parser())
  return parser.then((parser) =>
    languageOf(request.grammar).then((language) => {
      // The rule is about windows, which have origins; ports have none.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      parentPort?.postMessage(outline(parser.setLanguage(language), request))
    })
  )
}

parentPort?.on("message", answer)
