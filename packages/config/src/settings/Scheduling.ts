import { defaulted, optional } from "@nominal-code/domain/settings/Setting"
import { list, map, structure, word } from "@nominal-code/domain/settings/SettingType"
import { Schema } from "effect"
import { Affinity, Toleration } from "../PodScheduling.ts"

const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
/** A subdomain of RFC 1123: labels with dots between them. */
const subdomain = `(?=[^/]{1,253}(?:/|$))${label}(?:\\.${label})*`
const dnsName = new RegExp(`^${subdomain}$`)

/** The name of a Kubernetes object. */
export const objectName = word(
  "name",
  "the name of a Kubernetes object: lower-case letters, digits, - and single dots",
  dnsName
)

/** The name of a namespace, which is one label. */
export const namespaceName = word(
  "name",
  "the name of a namespace: lower-case letters, digits and -",
  new RegExp(`^(?=.{1,63}$)${label}$`)
)

/** A list of names of Secrets. */
export const secretNames = list("names of Secrets", Schema.String.check(Schema.isPattern(dnsName)))

/** The name of a ConfigMap, perhaps with an entry of it. */
export const configMapEntry = word(
  "name",
  "the name of a ConfigMap, or NAME/ENTRY",
  // An entry is the name of a file, too: of at most 253 characters, and none that begins with "..".
  new RegExp(`^${subdomain}(?:/(?!\\.\\.)[-\\w.]{0,252}[-\\w])?$`)
)

const key = new RegExp(`^(?:${subdomain}/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const labels = map("labels", key, labelValue)

// What an editor shows; the schemas say the rest when the file is read.
const anyMap = Schema.Record(Schema.String, Schema.Unknown)
const anyList = Schema.Array(anyMap)

/** Settings of the Jobs' scheduling, labels and annotations. */
export const scheduling = {
  labels: defaulted({}, {
    yaml: "kubernetes.labels",
    env: "K8S_LABELS",
    kind: labels,
    doc: "Labels of the Jobs and their pods, beside the program's own."
  }),
  annotations: defaulted({}, {
    yaml: "kubernetes.annotations",
    env: "K8S_ANNOTATIONS",
    kind: map("annotations", key, /^[^]*$/),
    doc: "Annotations of the Jobs and their pods, beside the program's own."
  }),
  priorityClass: optional({
    yaml: "kubernetes.priority_class",
    env: "K8S_PRIORITY_CLASS",
    kind: objectName,
    doc: "The PriorityClass of the pods."
  }),
  nodeSelector: defaulted({}, {
    yaml: "kubernetes.node_selector",
    env: "K8S_NODE_SELECTOR",
    kind: labels,
    doc: "The labels of the nodes that the pods may run on."
  }),
  tolerations: defaulted([], {
    yaml: "kubernetes.tolerations",
    env: "K8S_TOLERATIONS",
    kind: structure("tolerations", "a list of tolerations in Kubernetes' notation", Schema.Array(Toleration), anyList),
    doc: "The taints that the pods bear, in Kubernetes' notation; JSON in the environment."
  }),
  affinity: optional({
    yaml: "kubernetes.affinity",
    env: "K8S_AFFINITY",
    kind: structure("affinity", "an affinity in Kubernetes' notation", Affinity, anyMap),
    doc: "Which nodes the pods need or prefer, in Kubernetes' notation; JSON in the environment."
  }),
  runtimeClass: optional({
    yaml: "kubernetes.runtime_class",
    env: "K8S_RUNTIME_CLASS",
    kind: objectName,
    doc: "The RuntimeClass of the pods, gVisor for instance."
  }),
  imagePullSecrets: defaulted([], {
    yaml: "kubernetes.image_pull_secrets",
    env: "K8S_IMAGE_PULL_SECRETS",
    kind: secretNames,
    doc: "The Secrets that the image is pulled with."
  }),
  queue: optional({
    yaml: "kubernetes.queue",
    env: "K8S_QUEUE",
    kind: word(
      "name",
      "the name of a LocalQueue: lower-case letters, digits and -; {owner} may stand in it",
      /^(?=.{1,63}$)(?:[a-z0-9]|\{owner\})(?:[-a-z0-9]|\{owner\})*$/
    ),
    doc:
      "The LocalQueue of Kueue that admits the Jobs; they are created suspended. `{owner}` stands for the repository's owner."
  })
}
