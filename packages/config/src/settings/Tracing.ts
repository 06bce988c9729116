import { optional } from "@nominal-code/domain/settings/Setting"
import { secret, word } from "@nominal-code/domain/settings/SettingType"
import { endpoint } from "../Url.ts"

const headers = /^[\w-]+=[^,\s][^,]*(?:,\s*[\w-]+=[^,\s][^,]*)*$/

/** Settings of the traces. The variables are those of OpenTelemetry. */
export const tracing = {
  endpoint: optional({
    yaml: "tracing.endpoint",
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    travels: "pod",
    kind: endpoint,
    byDefault: "no traces",
    doc:
      "The OpenTelemetry collector that `serve` and `run-job` send their traces to, as JSON over HTTP: `http://collector:4318`."
  }),
  headers: optional({
    yaml: "tracing.headers",
    env: "OTEL_EXPORTER_OTLP_HEADERS",
    travels: "pod",
    kind: secret(word("headers", "headers: name=value, with commas between them", headers)),
    doc: "Headers of those requests, for a collector that asks for a key: `api-key=…`. Values are URL-encoded."
  })
}
