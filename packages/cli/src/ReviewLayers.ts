import * as ApiAgent from "@nominal-code/agent/ApiAgent"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as Anthropic from "@nominal-code/llm/Anthropic"
import * as GitWorkspace from "@nominal-code/workspace/GitWorkspace"
import { Layer } from "effect"

/** What one review needs beside its configuration and its conversation: a forge, a checkout, an agent. */
export const layer = Layer.mergeAll(
  GitHub.layer,
  GitWorkspace.layer,
  ApiAgent.layer.pipe(Layer.provide(Anthropic.layer))
)
