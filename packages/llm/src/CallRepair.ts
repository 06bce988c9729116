import { Block } from "@nominal-code/domain/model/Conversation"
import { Effect, Option, Random } from "effect"
import type { LlmRequest, LlmResponse } from "./LlmProvider.ts"
import { listed } from "./ModelWindow.ts"
import { believedOutput, bounded as boundedUsage, countedOrEstimated, mostTokensOf } from "./TokenCount.ts"

/** Largest number of tool calls of one answer. The later ones were never made, as after a cut. */
export const mostCalls = 128

/**
 * Repairs what models and gateways get wrong in an answer that can be read: names of tools with another case or with a
 * namespace before them, call ids that are missing or taken, far too many calls, and counts that are missing or
 * larger than the model.
 */
export const repaired = Effect.fnUntraced(function*(
  request: LlmRequest,
  response: LlmResponse
): Effect.fn.Return<LlmResponse> {
  const taken = new Set(["", ...request.messages.flatMap(({ content }) => content.flatMap(idOf))])
  const nameOf = offeredName(request.tools.map(({ name }) => name))
  const content = yield* Effect.forEach(bounded(response.content), (block) =>
    Effect.gen(function*() {
      if (!Block.guards.ToolUse(block)) return block
      const id = taken.has(block.id) ? yield* newId : block.id
      taken.add(id)
      return Block.cases.ToolUse.make({ id, name: nameOf(block.name), input: block.input })
    }), { concurrency: 1 })
  const whole = { ...response, content }
  const bounds = {
    window: Option.getOrUndefined(listed(request.model)),
    prompt: mostTokensOf(request),
    output: Math.max(believedOutput(request.model), request.maxOutputTokens)
  }
  return { ...whole, usage: boundedUsage(countedOrEstimated(request, whole), bounds) }
})

const idOf = (block: Block): ReadonlyArray<string> => Block.guards.ToolUse(block) ? [block.id] : []

/** Nine letters and digits: Mistral takes no other form. */
const newId = Effect.map(
  Random.nextIntBetween(36 ** 8, 36 ** 9 - 1),
  (number) => number.toString(36)
)

const bounded = (content: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  let calls = 0
  const end = content.findIndex((block) => Block.guards.ToolUse(block) && ++calls > mostCalls)
  return end === -1 ? content : content.slice(0, end)
}

/** Finds the offered tool that a name means: `functions.Read`, `default_api:read`, `Read<|channel|>commentary`. */
const offeredName = (offered: ReadonlyArray<string>) => {
  const byLowerCase = new Map(offered.map((name) => [name.toLowerCase(), name]))
  return (name: string): string => {
    if (offered.includes(name)) return name
    const [plain = ""] = name.split("<|")
    const last = plain.trim().split(/[.:/]|__/).at(-1) ?? ""
    return byLowerCase.get(plain.trim().toLowerCase()) ?? byLowerCase.get(last.toLowerCase()) ?? name
  }
}
