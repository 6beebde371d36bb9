{{- define "zhenyan.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "zhenyan.labels" -}}
app.kubernetes.io/name: zhenyan
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "zhenyan.selector" -}}
app.kubernetes.io/name: zhenyan
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Takes {root, tag}: a tag of a group wins over the image's own. */}}
{{- define "zhenyan.image" -}}
{{- $image := .root.Values.image -}}
{{- if .tag -}}
{{ $image.repository }}:{{ .tag }}
{{- else if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "zhenyan.claim" -}}
{{ .Values.data.existingClaim | default (printf "%s-data" (include "zhenyan.name" .)) }}
{{- end }}

{{- define "zhenyan.env" -}}
- name: HOME
  value: /tmp
- name: ZHENYAN_DATA_DIR
  value: /data/zhenyan
- name: ZHENYAN_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.secret }}
      key: {{ .Values.database.key }}
{{- with .Values.objectStore }}
{{- if .url }}
- name: ZHENYAN_EVIDENCE_URL
  value: {{ .url | quote }}
- name: AWS_ENDPOINT_URL
  value: {{ .endpoint | quote }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: access-key-id
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: secret-access-key
{{- end }}
{{- end }}
{{- range $name, $from := .Values.secretSettings }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $from.secret }}
      key: {{ $from.key }}
{{- end }}
{{- end }}

{{- /* `mountsToken`: the pod talks to the Kubernetes API, as the head with an autoscaler does. */}}
{{- define "zhenyan.podSecurity" -}}
automountServiceAccountToken: {{ .mountsToken | default false }}
serviceAccountName: {{ include "zhenyan.name" . }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "zhenyan.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  capabilities:
    drop: [ALL]
{{- end }}

{{- define "zhenyan.mounts" -}}
- name: data
  mountPath: /data
- name: settings
  mountPath: /etc/zhenyan
  readOnly: true
- name: scratch
  mountPath: /tmp
{{- end }}

{{- define "zhenyan.volumes" -}}
- name: data
  persistentVolumeClaim:
    claimName: {{ include "zhenyan.claim" . }}
- name: settings
  configMap:
    name: {{ include "zhenyan.name" . }}-settings
- name: scratch
  emptyDir:
    sizeLimit: 8Gi
{{- end }}
