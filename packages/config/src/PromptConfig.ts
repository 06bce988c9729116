import type { Setting } from "@nominal-code/domain/settings/Setting"
import { Effect, FileSystem, Option, Path } from "effect"
import { readNamedFile } from "./NamedFile.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"

const { agent, answerer, explorer, prompts, verifier } = settings

type Text = Setting<Option.Option<string>>

/** Text of a setting, or of a file, which takes precedence. The file is read once; an empty file is an empty text. */
const override = Effect.fnUntraced(function*(inline: Text, file: Text, values: Values, report: Report) {
  const named = values(file)
  const text = values(inline)
  if (Option.isNone(named)) return text
  if (Option.isSome(text)) {
    report.warn(inline, `the inline text is ignored, because ${file.env[0]} is set too: remove one of the two`)
  }
  const content = yield* readNamedFile(file, named.value, "correct the path, or remove the setting", report)
  return Option.map(content, (content) => content.trim())
})

const readGuidelines = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".md")).sort()
  const texts = yield* Effect.forEach(files, (name) => fs.readFileString(path.join(directory, name)), {
    concurrency: 4
  })
  return Object.fromEntries(
    files.map((name, i) => [name.slice(0, -".md".length), texts[i]?.trim() ?? ""] as const).filter(([, text]) =>
      text !== ""
    )
  )
})

/** Guidelines by language of the configured directory; none if none is configured. */
const languageGuidelines = Effect.fnUntraced(function*(values: Values, report: Report) {
  const setting = prompts.languageGuidelinesDir
  const configured = values(setting)
  if (Option.isNone(configured)) return Option.none()
  const directory = (yield* Path.Path).resolve(configured.value)
  const read = readGuidelines(directory).pipe(Effect.catch(({ reason }) =>
    Effect.sync((): Record<string, string> => {
      report.problem(
        setting,
        reason._tag === "NotFound"
          ? `the directory "${directory}" does not exist: correct the path, or remove the setting`
          : `the guidelines in "${directory}" are not readable (${reason._tag})`
      )
      return {}
    })
  ))
  return Option.some(yield* read)
})

/** Prompts and guidelines that replace those of the program. */
export interface Prompts {
  readonly reviewer: Option.Option<string>
  readonly explorer: Option.Option<string>
  readonly answerer: Option.Option<string>
  readonly verifier: Option.Option<string>
  readonly codingGuidelines: Option.Option<string>
  /** Language (`python`, `go`, …) → its guidelines, in the place of all bundled ones. */
  readonly languageGuidelines: Option.Option<Readonly<Record<string, string>>>
}

/** Resolves the prompts and guidelines that do not come with the program. */
export const resolvePrompts = Effect.fnUntraced(function*(
  values: Values,
  report: Report
): Effect.fn.Return<Prompts, never, FileSystem.FileSystem | Path.Path> {
  return {
    reviewer: yield* override(agent.systemPrompt, agent.systemPromptFile, values, report),
    explorer: yield* override(explorer.systemPrompt, explorer.systemPromptFile, values, report),
    answerer: yield* override(answerer.systemPrompt, answerer.systemPromptFile, values, report),
    verifier: yield* override(verifier.systemPrompt, verifier.systemPromptFile, values, report),
    codingGuidelines: yield* override(prompts.codingGuidelines, prompts.codingGuidelinesFile, values, report),
    languageGuidelines: yield* languageGuidelines(values, report)
  }
})
