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

const isBuilt = !import.meta.url.endsWith(".ts")

/** Reads a program of WebAssembly: a released package holds them compressed, beside its code. */
const program = (name: string, file: string): Uint8Array =>
  isBuilt
    ? brotliDecompressSync(readFileSync(new URL(`../grammars/${name}.wasm.br`, import.meta.url)))
    : readFileSync(fileURLToPath(import.meta.resolve(file)))

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
  parser ??= Parser.init({ wasmBinary: program("parser", parserFile) }).then(() => new Parser())
  return parser.then((parser) =>
    languageOf(request.grammar).then((language) => {
      // The rule is about windows, which have origins; ports have none.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      parentPort?.postMessage(outline(parser.setLanguage(language), request))
    })
  )
}

parentPort?.on("message", answer)
