import { AppConfig } from "@nominal-code/config/AppConfig"
import { Layer } from "effect"

/** A configuration of which only the named settings are read. */
export const configOf = (settings: Partial<AppConfig["Service"]>): Layer.Layer<AppConfig> =>
  // The cast leaves out what nobody here reads, so that these tests do not change with every new setting.
  Layer.succeed(AppConfig, AppConfig.of(settings as AppConfig["Service"]))
