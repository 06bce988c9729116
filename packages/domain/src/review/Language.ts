import { Schema } from "effect"

/** Name of the language that a review is written in: `German`, `日本語`. */
export const ReviewLanguage = Schema.String.check(
  Schema.isPattern(/^[\p{L}\p{M}][\p{L}\p{M}\p{N} ()-]{0,39}$/u, { expected: "the name of a language" })
)

/** File name extensions of each language, by the name of its guidelines. */
const extensions: Readonly<Record<string, ReadonlyArray<string>>> = {
  c: ["c", "h"],
  clojure: ["clj", "cljs", "cljc", "edn"],
  cpp: ["cc", "cpp", "cxx", "hh", "hpp", "hxx", "ipp"],
  csharp: ["cs", "csx"],
  css: ["css", "scss", "sass", "less"],
  dart: ["dart"],
  elixir: ["ex", "exs"],
  erlang: ["erl", "hrl"],
  fsharp: ["fs", "fsi", "fsx"],
  go: ["go"],
  groovy: ["groovy", "gradle"],
  haskell: ["hs"],
  html: ["html", "htm"],
  java: ["java"],
  javascript: ["js", "jsx", "mjs", "cjs"],
  julia: ["jl"],
  kotlin: ["kt", "kts"],
  lua: ["lua"],
  ocaml: ["ml", "mli"],
  perl: ["pl", "pm"],
  php: ["php"],
  powershell: ["ps1", "psm1"],
  protobuf: ["proto"],
  python: ["py", "pyi"],
  r: ["r"],
  ruby: ["rb", "rake", "gemspec"],
  rust: ["rs"],
  scala: ["scala", "sc"],
  shell: ["sh", "bash", "zsh", "ksh"],
  sql: ["sql"],
  svelte: ["svelte"],
  swift: ["swift"],
  terraform: ["tf", "tfvars"],
  typescript: ["ts", "tsx", "mts", "cts"],
  vue: ["vue"],
  zig: ["zig"]
}

/** File names that stand for a language. */
const fileNames: ReadonlyArray<readonly [name: string, language: string]> = [
  ["dockerfile", "dockerfile"],
  ["gemfile", "ruby"],
  ["makefile", "makefile"],
  ["rakefile", "ruby"]
]

const byExtension = new Map(
  Object.entries(extensions).flatMap(([language, endings]) => endings.map((ending) => [ending, language] as const))
)
const byName = new Map(fileNames)

/** Language of a file by its path, as guidelines name it; `undefined` if unknown. */
export const languageOf = (path: string): string | undefined => {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase()
  const dot = name.lastIndexOf(".")
  return byName.get(name) ?? (dot === -1 ? undefined : byExtension.get(name.slice(dot + 1)))
}

/** The languages of the files, each once, in alphabetical order. */
export const languagesOf = (paths: Iterable<string>): ReadonlyArray<string> => {
  const found = new Set<string>()
  for (const path of paths) {
    const language = languageOf(path)
    if (language !== undefined) found.add(language)
  }
  return [...found].sort()
}
