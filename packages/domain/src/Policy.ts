import { Schema } from "effect"
import { LifecycleKind } from "./PullRequestEvent.ts"

/** Who may ask for reviews, of what, and what starts one by itself. */
export const Policy = Schema.Struct({
  botUsername: Schema.String,
  /** Who may ask by a mention. Nobody else can: an empty list admits nobody. */
  allowedUsers: Schema.Array(Schema.String),
  /** Empty: every repository. */
  allowedRepos: Schema.Array(Schema.String),
  /** Lower-case. A title needs one of them in square brackets, where there are any. */
  titleIncludeTags: Schema.Array(Schema.String),
  /** Lower-case. A title with one of them in square brackets is left alone. */
  titleExcludeTags: Schema.Array(Schema.String),
  triggers: Schema.Array(LifecycleKind)
})
export type Policy = typeof Policy.Type
