/** Answers of the agents of a scene. */
import type { AgentResult, AgentTask } from "@nominal-code/agent/AgentRunner"
import { Block, type Message } from "@nominal-code/domain/model/Conversation"
import { Effect, Option } from "effect"

/** The agent submits this. What it submits is read as strictly as a real agent reads it on its last turn. */
export const submits = (input: unknown) => (task: AgentTask<unknown>) =>
  task.submission.decode(input, { lenient: true }).pipe(
    Effect.map((answer): Partial<AgentResult<unknown>> => ({
      answer: Option.some(answer),
      conversation: { messages: [...task.history.messages, said("user", task.prompt), submission(input)] }
    })),
    Effect.orElseSucceed(() => ({ stopped: "turns" as const }))
  )

/** The verifier has these verdicts, by the claims' names, and confirms the others. */
export const judges = (verdicts: Readonly<Record<string, object>> = {}) => (task: AgentTask<unknown>) => {
  const ids = Array.from(task.prompt.matchAll(/^(C\d+), /gm), ([, id = ""]) => id)
  return submits({ verdicts: ids.map((id) => ({ id, verdict: "confirmed", ...verdicts[id] })) })(task)
}

/** The agent writes this and submits nothing. */
export const writes = (text: string) => () => Effect.succeed({ text, stopped: "prose" as const })

export const said = (role: Message["role"], text: string): Message => ({
  role,
  content: [Block.cases.Text.make({ text })]
})

const submission = (input: unknown): Message => ({
  role: "assistant",
  content: [Block.cases.ToolUse.make({ id: "t1", name: "submit_review", input: JSON.parse(JSON.stringify(input)) })]
})
