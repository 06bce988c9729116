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

const languages = new Map<Grammar, Language>()
let parser: Parser | undefined

const outline = async ({ grammar, names, text }: OutlineRequest): Promise<Outline | undefined> => {
  if (parser === undefined) {
    await Parser.init({ wasmBinary: program("parser", parserFile) })
    parser = new Parser()
  }
  const language = languages.get(grammar) ?? await Language.load(program(grammar, grammarFiles[grammar]))
  languages.set(grammar, language)
  parser.setLanguage(language)
  const tree = parser.parse(text)
  if (tree === null) return undefined
  try {
    return outlineOf(tree, text, names)
  } finally {
    tree.delete()
  }
}

parentPort?.on("message", async (request: OutlineRequest) => {
  // The rule is about windows, which have origins; ports have none.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(await outline(request))
})
