/** Parser of texts: tree-sitter's library with the grammars that it has loaded. It runs without Effect, in any thread. */
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { brotliDecompress } from "node:zlib"
import type * as TreeSitter from "web-tree-sitter"
import { type Grammar, grammarFiles, parserFile } from "./GrammarFiles.ts"
import { type Outline, outlineOf } from "./Outline.ts"

/** Request for the outline of a text. */
export interface OutlineRequest {
  readonly grammar: Grammar
  readonly text: string
  readonly names: ReadonlyArray<string>
}

/** Parser of the texts of some languages. */
export interface TreeParser {
  load(grammar: Grammar): Promise<TreeSitter.Language>
  outline(language: TreeSitter.Language, request: OutlineRequest): Outline | undefined
}

/** Global of each JavaScript, which Node's types leave to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new(size: { readonly initial: number; readonly maximum: number }) => object
}

/** True in a released package, which holds the programs of WebAssembly compressed, beside its code. */
export const isBuilt = !import.meta.url.endsWith(".ts")

/** Place of a file beside the grammars of a released package. */
export const besideGrammars = (name: string) => new URL(`../grammars/${name}`, import.meta.url)

/** Size of the pieces in which a program is decompressed. Most fit into one: of several, each would be copied. */
const chunkSize = 1 << 22

const decompress = promisify(brotliDecompress)

const program = (name: string, file: string): Promise<Uint8Array> =>
  isBuilt
    ? readFile(besideGrammars(`${name}.wasm.br`)).then((bytes) => decompress(bytes, { chunkSize }))
    : readFile(fileURLToPath(import.meta.resolve(file)))

/** Environment of a parser. */
export interface TreeParserOptions {
  readonly library: Pick<typeof TreeSitter, "Language" | "Parser">
  /** The array of bytes that the library knows. */
  readonly Bytes: new(buffer: ArrayBufferLike, offset: number, length: number) => Uint8Array
  /** Maximum memory of the parser and its trees, in pages of 64 KiB. Node's limits do not count it. */
  readonly maximum: number
}

/** Pages that the library begins with. */
const initial = 512

/** Makes a parser. */
export const make = ({ Bytes, library, maximum }: TreeParserOptions): Promise<TreeParser> => {
  const read = (name: string, file: string) =>
    program(name, file).then(({ buffer, byteLength, byteOffset }) => new Bytes(buffer, byteOffset, byteLength))
  const languages = new Map<Grammar, Promise<TreeSitter.Language>>()
  const load = (grammar: Grammar) => {
    const language = languages.get(grammar) ??
      read(grammar, grammarFiles[grammar]).then((bytes) => library.Language.load(bytes))
    languages.set(grammar, language)
    return language
  }
  const start = (wasmBinary: Uint8Array) =>
    library.Parser.init({
      wasmBinary,
      wasmMemory: new WebAssembly.Memory({ initial, maximum }),
      // Whoever waits hears of the end of the parser, and no log of its last words.
      printErr: () => {}
    })
  return read("parser", parserFile).then(start).then((): TreeParser => {
    const parser = new library.Parser()
    return {
      load,
      outline: (language, { names, text }) => {
        const tree = parser.setLanguage(language).parse(text)
        if (tree === null) return undefined
        try {
          return outlineOf(tree, text, names)
        } finally {
          tree.delete()
        }
      }
    }
  })
}
