import { Login } from "@nominal-code/domain/event/PullRequest"
import { Schema } from "effect"
import { type FoundChange, millisOf } from "../Inventory.ts"
import { actorLogin } from "./Reads.ts"

const Actor = Schema.NullOr(Schema.Struct({ __typename: Schema.String, login: Login }))

/** Login as a delivery names it. */
export const loginOf = (actor: typeof Actor.Type): Login => Login.make(actorLogin(actor))

/** Items of a timeline that a delivery would have told of. */
const kinds = {
  LabeledEvent: "pr_labeled",
  ReopenedEvent: "pr_reopened",
  ReadyForReviewEvent: "pr_ready_for_review",
  BaseRefChangedEvent: "pr_retargeted",
  AutomaticBaseChangeSucceededEvent: "pr_retargeted"
} as const satisfies Record<string, FoundChange["kind"]>

const Item = Schema.Struct({
  __typename: Schema.Literals([
    "LabeledEvent",
    "ReopenedEvent",
    "ReadyForReviewEvent",
    "BaseRefChangedEvent",
    "AutomaticBaseChangeSucceededEvent"
  ]),
  createdAt: Schema.String,
  actor: Actor,
  label: Schema.optional(Schema.Struct({ name: Schema.String }))
})

/** Last changes of a pull request in its timeline. */
export const Timeline = { timelineItems: Schema.Struct({ nodes: Schema.Array(Item) }) }

const name = (type: string): string => type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()
const common = "createdAt actor { __typename login }"

/** The query of these fields. */
export const timelineFields = `timelineItems(last: 20, itemTypes: [${Object.keys(kinds).map(name).join(", ")}]) {
    nodes {
      __typename
      ${
  Object.keys(kinds).map((type) => `... on ${type} { ${common}${type === "LabeledEvent" ? " label { name }" : ""} }`)
    .join("\n      ")
}
    }
  }`

const TimelineOf = Schema.Struct(Timeline)

/** Changes in a timeline, in its order. */
export const changesIn = ({ timelineItems: { nodes } }: typeof TimelineOf.Type): ReadonlyArray<FoundChange> =>
  nodes.map(({ __typename, actor, createdAt, label }) => ({
    kind: kinds[__typename],
    at: millisOf(createdAt),
    by: { login: loginOf(actor), isBot: actor?.__typename === "Bot" },
    ...(label === undefined ? {} : { label: label.name })
  }))
