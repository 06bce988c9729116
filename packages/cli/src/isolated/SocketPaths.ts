import { Config, Effect, Option } from "effect"

const variable = (name: string) =>
  Config.option(Config.NonEmptyString(name)).pipe(Effect.orElseSucceed(() => Option.none<string>()))

/** Socket at which an agent's container asks for its tasks; none: the agents run in this process. */
export const agent = variable("REVIEW_AGENT_SOCKET")

/** Socket of the container that has the models' keys; none: this process calls the models. */
export const models = variable("REVIEW_MODEL_SOCKET")
