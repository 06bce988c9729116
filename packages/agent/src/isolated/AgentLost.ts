import { Data } from "effect"

/** Defect of a review whose agent's process has ended, or never came. */
export class AgentLost extends Data.TaggedError("AgentLost")<{ readonly message: string }> {}
