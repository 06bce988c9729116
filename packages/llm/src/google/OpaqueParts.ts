import { Block } from "@nominal-code/domain/model/Conversation"
import { Option, Schema } from "effect"

/** The name under which this provider's own blocks come back to it. */
export const provider = "google"

/**
 * Parts that the service sends beside text and calls, as a conversation keeps them: a part that is sent back unchanged,
 * or the signature of the text or call in the next block. Signed thinking is only accepted on its own part.
 */
const OpaquePart = Schema.Union([
  Schema.Struct({ part: Schema.Record(Schema.String, Schema.Json) }),
  Schema.Struct({ signature: Schema.NonEmptyString })
])
type OpaquePart = typeof OpaquePart.Type

export const toBlock = (carried: OpaquePart): Block => Block.cases.Opaque.make({ provider, value: carried })

const decode = Schema.decodeUnknownOption(OpaquePart)

/** The part in a block, if it holds one. Another provider's block means nothing here. */
export const partIn = (block: Block | undefined): Option.Option<Record<string, Schema.Json>> =>
  Option.flatMap(read(block), (carried) => "part" in carried ? Option.some(carried.part) : Option.none())

/** The signature in a block, if it holds one. */
export const signatureIn = (block: Block | undefined): Option.Option<string> =>
  Option.flatMap(read(block), (carried) => "signature" in carried ? Option.some(carried.signature) : Option.none())

const read = (block: Block | undefined): Option.Option<OpaquePart> =>
  block !== undefined && Block.guards.Opaque(block) && block.provider === provider ? decode(block.value) : Option.none()
