import { escapeCharacter } from "@nominal-code/domain/RepoPathSpelling"
import { Effect } from "effect"
import { type Tool, ToolError } from "../Tool.ts"
import * as GitBlame from "./GitBlame.ts"
import * as GitDiff from "./GitDiff.ts"
import * as GitLog from "./GitLog.ts"
import * as GitShow from "./GitShow.ts"
import * as Glob from "./Glob.ts"
import * as Grep from "./Grep.ts"
import * as Read from "./Read.ts"
import type { ToolContext } from "./Reading.ts"

/** Shows characters that only look like the end of a line, so that a file's text cannot pass for a line of its own. */
const showBreaks = (text: string): string => text.replaceAll(/\r(?!\n)|[\v\f\u0085\u2028\u2029]/g, escapeCharacter)

/** Tools of a checkout. Results and failures go through `redact`. */
export const make = (reading: ToolContext, redact: (text: string) => string): ReadonlyArray<Tool> =>
  [
    Read.make(reading),
    Glob.make(reading),
    Grep.make(reading),
    GitLog.make(reading),
    GitBlame.make(reading),
    GitShow.make(reading),
    GitDiff.make(reading)
  ].map((tool): Tool => ({
    ...tool,
    run: (input) =>
      tool.run(input).pipe(
        Effect.map((text) => redact(showBreaks(text))),
        Effect.mapError((error) => new ToolError({ message: redact(error.message) }))
      )
  }))
