{{- define "sluis.labels" -}}
{{ include "sluis.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "sluis.selector" -}}
app.kubernetes.io/name: sluis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sluis.name" -}}
{{ printf "%s-sluis" .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "sluis.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* What the gateway's pods and the migration's have in common. */}}
{{- define "sluis.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
volumes:
  - name: main
    configMap: {name: {{ .Values.configuration.main }}}
  {{- range $directory, $name := include "sluis.directories" . | fromYaml }}
  - name: {{ $directory }}
    configMap: {name: {{ $name }}}
  {{- end }}
  - name: keys
    secret: {secretName: {{ .Values.secrets.keys }}, defaultMode: 0440}
  - name: var
    emptyDir: {sizeLimit: {{ .Values.varSize }}}
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}

{{- define "sluis.container" -}}
image: {{ include "sluis.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - secretRef: {name: {{ .Values.secrets.environment }}}
resources: {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  {{- range list "gateway.yaml" "keys.yaml" "policy.yaml" }}
  - {name: main, mountPath: /etc/sluis/{{ . }}, subPath: {{ . }}, readOnly: true}
  {{- end }}
  {{- range $directory, $_ := include "sluis.directories" . | fromYaml }}
  - {name: {{ $directory }}, mountPath: /etc/sluis/{{ $directory }}, readOnly: true}
  {{- end }}
  - {name: keys, mountPath: /etc/sluis/keys, readOnly: true}
  - {name: var, mountPath: /etc/sluis/var}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Directory of the configuration: the ConfigMap that is it. */}}
{{- define "sluis.directories" -}}
{{- with .Values.configuration }}
{{- with .identityProviders }}
identity-providers: {{ . }}
{{- end }}
{{- with .services }}
services: {{ . }}
{{- end }}
{{- with .schools }}
schools: {{ . }}
{{- end }}
{{- with .agreements }}
agreements: {{ . }}
{{- end }}
{{- with .metadata }}
metadata: {{ . }}
{{- end }}
{{- end }}
{{- end }}
