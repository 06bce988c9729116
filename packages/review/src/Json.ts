import { Option } from "effect"
import { jsonrepair } from "jsonrepair"

/** The JSON value that a text holds, mended where it is broken: bare quotes, commas too many, brackets too few. */
export const parseJson = (text: string): Option.Option<unknown> => {
  const exact = Option.liftThrowable((): unknown => JSON.parse(text))
  const mended = Option.liftThrowable((): unknown => JSON.parse(jsonrepair(text)))
  return Option.orElse(exact(), mended)
}

const fence = /```(?:json)?[ \t]*\n([^]*?)\n[ \t]*```/g

/**
 * The parts of a text that may be a review in JSON, the likeliest first: from where one begins, between fences, from
 * the first brace to the last, and all of it.
 */
export const jsonCandidates = (text: string): ReadonlyArray<string> => {
  const end = text.lastIndexOf("}") + 1
  const begin = /\{\s*"(?:summary|comments)"/.exec(text)?.index ?? -1
  const first = text.indexOf("{")
  const fenced = Array.from(text.matchAll(fence), ([, inside = ""]) => inside)
  const parts = [
    ...(begin === -1 ? [] : [text.slice(begin, end > begin ? end : undefined)]),
    ...fenced.slice(0, 4),
    ...(first === -1 ? [] : [text.slice(first, end > first ? end : undefined)]),
    text
  ]
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))]
}
