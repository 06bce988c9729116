/** The tools Definition and References: a name's places, told by a file's syntax, or by the shape of its lines. */
import type { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { definedIn } from "@nominal-code/domain/text/Definition"
import { Effect, Option, Schema } from "effect"
import * as Objects from "../Objects.ts"
import * as Search from "../Search.ts"
import { grammarOf } from "../syntax/Grammar.ts"
import type { Outline } from "../syntax/Outline.ts"
import { make as makeTool, type Tool, ToolError } from "../Tool.ts"
import type { WordHit } from "../Workspace.ts"
import { inOrder } from "./FileOrder.ts"
import { bounded, type ToolContext } from "./Reading.ts"

/** Number of files that one call parses. In the others, the shape of the lines tells. */
const mostParsed = 60

const name = /^[\p{L}_$][\p{L}\p{N}_$?!]{0,199}$/u

const Input = Schema.Struct({
  symbol: Schema.String.annotate({ description: "One name of a function, type, method or variable: `priceOf`." })
    .check(Schema.makeFilter((text) => name.test(text), { expected: "one name, without dots and brackets" }))
})

const lineOf = ({ line, path, text }: WordHit): string => `${escapePath(path)}:${line}:${text}`

/** The outline of a file of the reviewed commit; none of one that cannot be read or parsed. */
const outlineOf = Effect.fnUntraced(
  function*({ commits, objects, syntax }: ToolContext, path: RepoPath, symbol: string) {
    const text = yield* Objects.file(objects, commits.head, path)
    return Option.isNone(text) ? Option.none() : yield* syntax.outline(path, text.value, [symbol])
  },
  Effect.orElseSucceed(() => Option.none<Outline>())
)

type Place = "definition" | "use" | "text"

const placeIn = (outline: Option.Option<Outline>, symbol: string, { line, text }: WordHit): Place => {
  const byShape = definedIn(text) === symbol ? "definition" : "use"
  if (Option.isNone(outline)) return byShape
  const { definitions, errors, mentions } = outline.value
  if (definitions.some((one) => one.line === line && one.name === symbol.replace(/^\$/, ""))) return "definition"
  // A name such as `toString` is in the prototype of every object.
  if (!Object.hasOwn(mentions, symbol) || mentions[symbol]?.includes(line) !== true) return "text"
  // What is not of the language hides the definitions around it.
  return errors === 0 ? "use" : byShape
}

/** The lines that hold a name as a word, by what they do with it: define it, use it, or speak of it. */
const hits = Effect.fnUntraced(function*(reading: ToolContext, symbol: string) {
  const found = yield* Search.words(reading, [symbol]).pipe(
    Effect.mapError(({ message }) => new ToolError({ message })),
    Effect.provide(reading.services)
  )
  const all = inOrder(found)
  const parsed = [...new Set(all.map(({ path }) => path))].filter((path) => grammarOf(path) !== undefined)
    .slice(0, mostParsed)
  const outlines = new Map(
    yield* Effect.forEach(
      parsed,
      (path) => Effect.map(outlineOf(reading, path, symbol), (outline) => [path as string, outline] as const),
      { concurrency: 1 }
    ).pipe(Effect.provide(reading.services))
  )
  const placed = Map.groupBy(all, (hit) => placeIn(outlines.get(hit.path) ?? Option.none(), symbol, hit))
  return {
    definitions: placed.get("definition") ?? [],
    uses: placed.get("use") ?? [],
    texts: placed.get("text") ?? []
  }
})

const nowhere = (symbol: string) => `No file has the word ${symbol}.`

const lines = (found: ReadonlyArray<WordHit>): ReadonlyArray<string> => found.map(lineOf)

/** Finds the lines that define a name. */
export const definition = (reading: ToolContext): Tool =>
  makeTool({
    name: "Definition",
    description:
      "Find the lines that define a name: by the syntax of the common languages, by the shape of the line in " +
      "others. Answers `path:line:text`.",
    input: Input,
    run: Effect.fnUntraced(function*({ symbol }) {
      const { definitions, texts, uses } = yield* hits(reading, symbol)
      if (definitions.length > 0) return bounded(lines(definitions).join("\n"))
      const others = uses.length + texts.length
      return others === 0
        ? nowhere(symbol)
        : `No line defines ${symbol} in a shape that is known. It stands in ${others} lines: see References.`
    })
  })

/** Finds the lines that use a name. */
export const references = (reading: ToolContext): Tool =>
  makeTool({
    name: "References",
    description:
      "Find the lines that have a name as a whole word, without those that define it: its callers and its tests. " +
      "Answers `path:line:text`, code before tests, comments last; at most 40 lines of a file.",
    input: Input,
    run: Effect.fnUntraced(function*({ symbol }) {
      const { definitions, texts, uses } = yield* hits(reading, symbol)
      if (uses.length + texts.length === 0) {
        return definitions.length === 0 ? nowhere(symbol) : `Nothing uses ${symbol} beside its definition.`
      }
      const spoken = texts.length === 0 ? [] : ["In comments and strings:", ...lines(texts)]
      return bounded([...lines(uses), ...spoken].join("\n"))
    })
  })
