/** The tools Definition and References: a name's places, told by the shape of the lines that it stands in. */
import { definedIn } from "@nominal-code/domain/Definition"
import { escapePath } from "@nominal-code/domain/RepoPathSpelling"
import { Effect, Schema } from "effect"
import * as Search from "../Search.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import type { WordHit } from "../Workspace.ts"
import { inOrder } from "./FileOrder.ts"
import { bounded, type ToolContext } from "./Reading.ts"

const Input = Schema.Struct({
  symbol: Schema.String.check(
    Schema.isPattern(/^[\p{L}_$][\p{L}\p{N}_$?!]{0,199}$/u, { message: "Expected one name, without dots and brackets" })
  ).annotate({ description: "The name of a function, type, method or variable: `priceOf`." })
})

const lineOf = ({ line, path, text }: WordHit): string => `${escapePath(path)}:${line}:${text}`

const hits = Effect.fnUntraced(function*(reading: ToolContext, symbol: string) {
  const found = yield* Search.words(reading, [symbol]).pipe(
    Effect.mapError(({ message }) => new ToolError({ message })),
    Effect.provide(reading.services)
  )
  const all = inOrder(found)
  return {
    definitions: all.filter(({ text }) => definedIn(text) === symbol),
    uses: all.filter(({ text }) => definedIn(text) !== symbol)
  }
})

const nowhere = (symbol: string) => `No file has the word ${symbol}.`

/** Finds the lines that define a name. */
export const definition = (reading: ToolContext): Tool =>
  makeTool({
    name: "Definition",
    description: "Find where a name is defined, by the shape of the line, in all common languages. Answers " +
      "`path:line:text`; several places where the name is defined more than once.",
    input: Input,
    run: Effect.fnUntraced(function*({ symbol }) {
      const { definitions, uses } = yield* hits(reading, symbol)
      if (definitions.length > 0) return bounded(definitions.map(lineOf).join("\n"))
      return uses.length === 0
        ? nowhere(symbol)
        : `No line defines ${symbol} in a shape that is known. It stands in ${uses.length} lines: see References.`
    })
  })

/** Finds the lines that use a name. */
export const references = (reading: ToolContext): Tool =>
  makeTool({
    name: "References",
    description: "Find every line that has a name as a whole word, without those that define it: its callers and its " +
      "tests. Answers `path:line:text`, code before tests, documents and translations; at most 40 lines of a file.",
    input: Input,
    run: Effect.fnUntraced(function*({ symbol }) {
      const { definitions, uses } = yield* hits(reading, symbol)
      if (uses.length > 0) return bounded(uses.map(lineOf).join("\n"))
      return definitions.length === 0 ? nowhere(symbol) : `Nothing uses ${symbol} beside its definition.`
    })
  })
