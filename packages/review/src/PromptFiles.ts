import { Effect, FileSystem, Option, type PlatformError } from "effect"
import { fileURLToPath } from "node:url"

/** The texts that come with a review. */
export type PromptName =
  | "explorer_prompt"
  | "question_prompt"
  | "reviewer_explorers"
  | "reviewer_prompt"
  | "reviewer_suggestions"
  | "verifier_prompt"
  | "output/json_fix_system"
  | "output/json_fix_user"
  | "output/json_fix_retry"

/** Directory of the bundled texts: beside the sources, and beside `dist` in a release. */
const pathOf = (name: PromptName) => fileURLToPath(new URL(`../prompts/${name}.md`, import.meta.url))

/** A bundled text, trimmed. It is read when it is used: edits show without a restart. */
export const load = Effect.fn("PromptFiles.load")(
  function*(name: PromptName): Effect.fn.Return<string, PlatformError.PlatformError, FileSystem.FileSystem> {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.readFileString(pathOf(name))).trim()
  }
)

/** The bundled list of what often goes wrong in a language; none for a language that has no list. */
export const languageList = Effect.fn("PromptFiles.languageList")(
  function*(
    language: string
  ): Effect.fn.Return<Option.Option<string>, PlatformError.PlatformError, FileSystem.FileSystem> {
    const fs = yield* FileSystem.FileSystem
    const path = fileURLToPath(new URL(`../guidelines/${language}.md`, import.meta.url))
    return yield* Effect.map(fs.readFileString(path), (text) => Option.some(text.trim())).pipe(
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeedNone)
    )
  }
)

/** Puts values in the place of `{name}`. Other braces stay, and what is put in is not looked at again. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
