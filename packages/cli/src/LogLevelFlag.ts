import { Context, type LogLevel, Option } from "effect"

/** Level of `--log-level`, if the command line has it. */
export const LogLevelFlag = Context.Reference<Option.Option<LogLevel.LogLevel>>("@nominal-code/cli/LogLevelFlag", {
  defaultValue: Option.none
})
