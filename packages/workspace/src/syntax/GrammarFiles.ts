/** The programs of WebAssembly that parse, by the packages that they come from. */

const repomix = (name: string) => `@repomix/tree-sitter-wasms/out/tree-sitter-${name}.wasm`

/** File of each grammar in its package. */
export const grammarFiles = {
  c: repomix("c"),
  c_sharp: repomix("c_sharp"),
  cpp: repomix("cpp"),
  go: repomix("go"),
  java: repomix("java"),
  javascript: repomix("javascript"),
  kotlin: "@cursorless/tree-sitter-wasms/out/tree-sitter-kotlin.wasm",
  php: repomix("php"),
  python: repomix("python"),
  ruby: repomix("ruby"),
  rust: repomix("rust"),
  tsx: repomix("tsx"),
  typescript: repomix("typescript")
}

/** Name of a grammar. */
export type Grammar = keyof typeof grammarFiles

/** File of the parser itself. */
export const parserFile = "web-tree-sitter/web-tree-sitter.wasm"
