/** The tree-sitter grammars of the twelve most used languages, by the paths of files. */
import { languageOf } from "@nominal-code/domain/review/Language"
import type { Grammar } from "./GrammarFiles.ts"

const byLanguage: Readonly<Record<string, Grammar>> = {
  c: "c",
  cpp: "cpp",
  csharp: "c_sharp",
  go: "go",
  java: "java",
  javascript: "javascript",
  kotlin: "kotlin",
  php: "php",
  python: "python",
  ruby: "ruby",
  rust: "rust",
  typescript: "typescript"
}

/** The grammar of a file, by its path; undefined for a language without one. */
export const grammarOf = (path: string): Grammar | undefined => {
  if (/\.tsx$/i.test(path)) return "tsx"
  // A header may be C++, and almost all of C is C++ too.
  if (/\.h$/i.test(path)) return "cpp"
  return byLanguage[languageOf(path) ?? ""]
}
