import { Block } from "@nominal-code/domain/model/Conversation"
import { Effect, Schema } from "effect"
import { callInput } from "../CallInput.ts"

const maybe = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A piece of a tool call. */
export const ToolDelta = Schema.Struct({
  index: maybe(Schema.Natural),
  id: maybe(Schema.String),
  function: maybe(Schema.Struct({
    name: maybe(Schema.String),
    // Some servers send the object itself.
    arguments: maybe(Schema.Union([Schema.String, Schema.Record(Schema.String, Schema.Json)]))
  }))
})

interface PartialCall {
  readonly index: number | undefined
  readonly id: string
  name: string
  readonly json: Array<string>
}

/** The tool calls of one answer while it is streamed, in the order in which they began. */
export class PartialCalls {
  private readonly calls: Array<PartialCall> = []
  private readonly byIndex = new Map<number, PartialCall>()

  add({ function: called, id, index }: typeof ToolDelta.Type): void {
    const call = this.find(index ?? undefined, id ?? "", called?.name ?? "")
    const json = called?.arguments ?? ""
    if (typeof json === "string") call.json.push(json)
    else call.json.splice(0, Infinity, JSON.stringify(json))
  }

  /** The whole calls; of an answer that was cut off, those whose arguments are whole. Fails with the name of a tool. */
  whole(cut: boolean): Effect.Effect<ReadonlyArray<Block>, string> {
    return Effect.map(
      Effect.forEach(this.calls, ({ id, json, name }) =>
        callInput(json.join("").trim()).pipe(
          Effect.map((input) => [Block.cases.ToolUse.make({ id, name, input })]),
          // A call whose arguments were cut off was never made.
          Effect.catch(() => cut ? Effect.succeed([]) : Effect.fail(name))
        )),
      (blocks) => blocks.flat()
    )
  }

  /** Finds the call that a piece belongs to. Some servers give no index, and some give all parallel calls the same. */
  private find(index: number | undefined, id: string, name: string): PartialCall {
    const known = index === undefined ? this.calls.at(-1) : this.byIndex.get(index)
    const another = known === undefined || (id !== "" && known.id !== "" && id !== known.id) ||
      (index === undefined && name !== "")
    if (!another) {
      if (known.name !== name) known.name += name
      return known
    }
    const call = { index, id, name, json: [] }
    this.calls.push(call)
    if (index !== undefined) this.byIndex.set(index, call)
    return call
  }
}
