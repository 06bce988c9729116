import { env } from "node:process"
import { fileURLToPath } from "node:url"

/** Path of the Claude Code under test: the oldest that reviews, or the one of `CLAUDE_CODE_UNDER_TEST`. */
export const realClaude: string = env["CLAUDE_CODE_UNDER_TEST"] ??
  fileURLToPath(new URL("../bin/claude", import.meta.url))
