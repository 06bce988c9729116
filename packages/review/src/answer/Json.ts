import { jsonBlocks } from "@nominal-code/domain/text/Fence"
import { isTextTooDeep } from "@nominal-code/domain/text/JsonDepth"
import { Option } from "effect"
import { jsonrepair } from "jsonrepair"

/** Maximum length of a text that is repaired: the time that it takes may grow with the square of it. */
export const longestRepaired = 32_768

/**
 * Parses the JSON value of a text, and repairs one of at most `longest` characters: unescaped quotes, extra commas,
 * missing brackets.
 */
export const parseJson = (text: string, longest = longestRepaired): Option.Option<unknown> => {
  if (isTextTooDeep(text)) return Option.none()
  const exact = Option.liftThrowable((): unknown => JSON.parse(text))
  const mended = Option.liftThrowable((): unknown => JSON.parse(jsonrepair(text)))
  return Option.orElse(exact(), () => text.length > longest ? Option.none() : mended())
}

/**
 * Parts of a text that may be a review in JSON, the likeliest first: from its beginning, between fences, from the first
 * brace to the last, and the whole text.
 */
export const jsonCandidates = (text: string): ReadonlyArray<string> => {
  const end = text.lastIndexOf("}") + 1
  const begin = /\{\s*"(?:summary|comments)"/.exec(text)?.index ?? -1
  const first = text.indexOf("{")
  const parts = [
    ...(begin === -1 ? [] : [text.slice(begin, end > begin ? end : undefined)]),
    ...jsonBlocks(text).slice(0, 4),
    ...(first === -1 ? [] : [text.slice(first, end > first ? end : undefined)]),
    text
  ]
  return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ""))]
}
