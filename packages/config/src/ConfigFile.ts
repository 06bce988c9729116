import { Effect, FileSystem, Option, Predicate } from "effect"
import { LineCounter, parseDocument } from "yaml"
import type { Mode } from "./AppConfig.ts"
import { ConfigError } from "./ConfigError.ts"
import { readVariable } from "./Environment.ts"
import { settings } from "./Settings.ts"

/** A map of YAML. */
export type YamlMap = Readonly<Record<string, unknown>>

/** Content of the configuration file, and its name for messages. Without a file, the content is empty. */
export interface ConfigFile {
  readonly name: string
  readonly tree: YamlMap
}

/** True if a YAML value is a map. */
export const isYamlMap = (value: unknown): value is YamlMap => Predicate.isObject(value) && !Array.isArray(value)

// The parser's own sentences may quote the text around the error, and a secret may stand there.
const syntax: Readonly<Record<string, string>> = {
  BAD_INDENT: "the indentation does not fit the lines above",
  BLOCK_AS_IMPLICIT_KEY: "a value with \": \" in it needs quotes",
  DUPLICATE_KEY: "this key stands in the file twice",
  MISSING_CHAR: "a \":\", a quote, a comma or a bracket is missing",
  MULTIPLE_DOCS: "a second document starts here: one file holds one",
  TAB_AS_INDENT: "a tab indents the line: use spaces"
}

const wrong = (text: string) => new ConfigError({ problems: [text] })

const parse = Effect.fnUntraced(function*(name: string, text: string) {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error !== undefined) {
    const { col, line } = lineCounter.linePos(error.pos[0])
    const what = syntax[error.code] ?? "the text is not YAML"
    return yield* wrong(`${name} cannot be read as YAML: line ${line}, column ${col}: ${what}`)
  }
  const tree = yield* Effect.try({
    try: (): unknown => document.toJS(),
    catch: () => wrong(`${name} cannot be read as YAML: an alias (*name) has no anchor, or there are too many of them`)
  })
  if (tree === null) return { name, tree: {} }
  return isYamlMap(tree)
    ? { name, tree }
    : yield* wrong(`${name} must be a map of settings, like "webhook: {port: 8080}"`)
})

const read = Effect.fnUntraced(function*(name: string, source: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* fs.readFileString(name).pipe(
    Effect.mapError(({ reason }) =>
      wrong(
        `the configuration file ${name} ${
          reason._tag === "NotFound" ? "does not exist" : `cannot be read (${reason._tag})`
        }: ${source}`
      )
    )
  )
  // Other encodings, and files that are no text, come out with one of these.
  if (/[\0\uFFFD]/.test(text)) return yield* wrong(`${name} cannot be read as YAML: it is not UTF-8: save it as such`)
  return yield* parse(name, text)
})

/**
 * Reads the file that `CONFIG_PATH` names, else `config.yaml` in the working directory if there is one. `review` runs in
 * a repository that it reviews, whose files must not say where a key is sent: it reads none that is not named.
 */
export const readConfigFile = Effect.fn("AppConfig.readConfigFile")(function*(
  mode: Mode
): Effect.fn.Return<ConfigFile, ConfigError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const [variable] = settings.process.configPath.env
  const configured = yield* readVariable(variable)
  if (Option.isSome(configured)) {
    return yield* read(configured.value, `${variable} names it. Correct the path, or unset ${variable}`)
  }
  const nothing: ConfigFile = { name: "config.yaml", tree: {} }
  if (mode === "review") return nothing
  const local = yield* fs.stat("config.yaml").pipe(Effect.option)
  return Option.exists(local, ({ type }) => type === "File")
    ? yield* read("config.yaml", "make it readable for the user that runs this")
    : nothing
})
