import type { Syntax } from "@nominal-code/workspace/syntax/Syntax"
import { Effect, Option } from "effect"
import type { SuggestionSite } from "./SuggestionSite.ts"

/**
 * True if a file parses as well with a suggestion in it as before: it has no more places that are not of its language. True
 * for a language without a parser, too.
 */
export const stillParses = Effect.fnUntraced(
  function*(syntax: Syntax, { file, line, path, startLine }: SuggestionSite, suggestion: string) {
    const after = [...file.slice(0, startLine - 1), suggestion, ...file.slice(line)].join("\n")
    const now = yield* syntax.outline(path, after)
    if (Option.isNone(now) || now.value.errors === 0) return true
    const before = yield* syntax.outline(path, file.join("\n"))
    return Option.isNone(before) || now.value.errors <= before.value.errors
  }
)
