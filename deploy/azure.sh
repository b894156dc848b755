#!/usr/bin/env bash
# Puts the server on Azure Container Apps, with a queue of work for an archive; running it again brings
# what is there up to date.
#
#   deploy/azure.sh --group sentigram --location westeurope            put it there
#   deploy/azure.sh --group sentigram --location westeurope --dry-run  print what would be asked of Azure
#   deploy/azure.sh --group sentigram --down                           remove all of it
#
#   --no-emotions   no emotions are read (the EU AI Act bans it at work and in education)
#   --name NAME     of the app; sentigram if not given
#   --cpu N, --memory NGi, --max-jobs N   sizes; 2, 4Gi and 10 if not given
#
# What it makes: a registry, a storage account with a share and a queue, an environment, the app with an
# address of its own (HTTPS, a token, no replica while nobody asks), and a job that takes folders of the
# share from the queue. The token is read from SENTIGRAM_TOKEN, or made and printed once.
set -euo pipefail
cd "$(dirname "$0")/.."

group='' location='' name=sentigram cpu=2 memory=4Gi max_jobs=10 dry='' down='' emotions=''
needs_value() { [ $# -ge 2 ] && [ -n "$2" ] || { echo "azure.sh: $1 needs a value" >&2; exit 2; }; }
while [ $# -gt 0 ]; do
  case "$1" in
    --group | --location | --name | --cpu | --memory | --max-jobs)
      needs_value "$@"
      declare "$(tr - _ <<<"${1#--}")=$2"
      shift 2
      ;;
    --dry-run) dry=yes; shift ;;
    --down) down=yes; shift ;;
    --no-emotions) emotions=--no-emotions; shift ;;
    *) echo "azure.sh: what is $1? The first lines of this file say what there is." >&2; exit 2 ;;
  esac
done
[ -n "$group" ] || { echo 'azure.sh: name a resource group: --group NAME' >&2; exit 2; }
[ -n "$down" ] || [ -n "$location" ] || { echo 'azure.sh: name a place: --location westeurope' >&2; exit 2; }
[[ "$name" =~ ^[a-z][a-z0-9-]{1,19}$ ]] || { echo "azure.sh: --name $name: 2 to 20 of a-z, 0-9 and -" >&2; exit 2; }
[ -n "$dry" ] || command -v az >/dev/null || {
  echo 'azure.sh: az is missing; see https://learn.microsoft.com/cli/azure/install-azure-cli' >&2
  exit 4
}

# Secrets are in files that go when this script does, never in what is printed.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
secret=()
printed() {
  local shown
  shown=$(printf ' %q' "$@")
  for word in "${secret[@]}"; do shown=${shown//"$word"/***}; done
  echo "az$shown" >&3
}
masked() {
  local text
  text=$(cat "$1")
  for word in "${secret[@]}"; do text=${text//"$word"/***}; done
  echo "$text" >&3
}
exec 3>&1
ask() { # do it, or print it
  if [ -n "$dry" ]; then printed "$@"; else az "$@" --only-show-errors --output none; fi
}
answer() { # what Azure says; with --dry-run a word that stands for it
  local stands=$1
  shift
  if [ -n "$dry" ]; then printed "$@"; echo "$stands"; else az "$@" --only-show-errors --output tsv; fi
}

subscription=$(answer 00000000-0000-0000-0000-000000000000 account show --query id)

# Only a group that this script made is touched: one of that name may hold other things.
if [ "$(answer true group exists --name "$group")" = true ]; then
  made_by=$(answer sentigram group show --name "$group" --query 'tags."made-by"')
  [ "$made_by" = sentigram ] || { echo "azure.sh: $group is there and was not made by this script; take another name" >&2; exit 3; }
elif [ -n "$down" ]; then
  echo "azure.sh: $group is not there; nothing is removed" >&2
  exit 3
fi
if [ -n "$down" ]; then
  ask group delete --name "$group" --yes
  echo "$group and all in it is removed"
  exit 0
fi

# Names of registries and storage accounts are the whole world's.
mark=$(printf %s "$subscription/$group/$name" | sha256sum | cut -c1-10)
registry=sentigram$mark storage=sentigram$mark queue=archive share=data environment=$name identity=$name
token=${SENTIGRAM_TOKEN:-}
if [ -z "$token" ] && [ -z "$dry" ]; then # the one that is there, else a new one
  token=$(az containerapp secret show --resource-group "$group" --name "$name" --secret-name token --query value \
    --output tsv 2>/dev/null || true)
fi
token=${token:-$(head -c 32 /dev/urandom | base64 | tr -d '=+/\n')}
secret+=("$token")

cat <<EOF
What costs money, in $location:
  registry       Basic, the image of about 1 GB
  storage        Standard_LRS, a share of up to 100 GiB and a queue
  app            $cpu CPU, $memory, 0 to 1 replicas (nothing while nobody asks for 30 minutes)
  archive        $cpu CPU, $memory each, 0 to $max_jobs at once, while messages wait
  environment    consumption only, logs kept nowhere
EOF

ask group create --name "$group" --location "$location" --tags made-by=sentigram
ask acr create --resource-group "$group" --name "$registry" --sku Basic --admin-enabled false
ask acr build --registry "$registry" --image sentigram --file deploy/Dockerfile .
# by its digest, so that a new image of that name is taken
digest=$(answer sha256:0 acr repository show --name "$registry" --image sentigram:latest --query digest)
image=$registry.azurecr.io/sentigram@$digest

ask identity create --resource-group "$group" --name "$identity"
identity_id=$(answer IDENTITY_ID identity show --resource-group "$group" --name "$identity" --query id)
principal=$(answer PRINCIPAL identity show --resource-group "$group" --name "$identity" --query principalId)
registry_id=$(answer REGISTRY_ID acr show --name "$registry" --query id)
ask role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
  --role AcrPull --scope "$registry_id"

ask storage account create --resource-group "$group" --name "$storage" --location "$location" --sku Standard_LRS \
  --kind StorageV2 --min-tls-version TLS1_2 --https-only true --allow-blob-public-access false
ask storage share-rm create --resource-group "$group" --storage-account "$storage" --name "$share" --quota 100
key=$(answer STORAGE_KEY storage account keys list --resource-group "$group" --account-name "$storage" --query '[0].value')
secret+=("$key")
export AZURE_STORAGE_ACCOUNT=$storage AZURE_STORAGE_KEY=$key # not in what `ps` shows
ask storage queue create --name "$queue"
until=$(date -u -d '+1 year' +%Y-%m-%dT%H:%MZ 2>/dev/null || date -u -v+1y +%Y-%m-%dT%H:%MZ)
sas=$(answer SAS storage queue generate-sas --name "$queue" --permissions pr --expiry "$until" --https-only)
secret+=("$sas")

ask containerapp env create --resource-group "$group" --name "$environment" --location "$location" --logs-destination none
environment_id=$(answer ENVIRONMENT_ID containerapp env show --resource-group "$group" --name "$environment" --query id)
domain=$(answer example.azurecontainerapps.io containerapp env show --resource-group "$group" --name "$environment" \
  --query properties.defaultDomain)
ask containerapp env storage set --resource-group "$group" --name "$environment" --storage-name "$share" \
  --azure-file-account-name "$storage" --azure-file-account-key "$key" --azure-file-share-name "$share" \
  --access-mode ReadWrite

# Both share the image, the identity that may pull it, and the volume.
common() {
  cat <<EOF
identity: {type: UserAssigned, userAssignedIdentities: {"$identity_id": {}}}
properties:
  environmentId: $environment_id
EOF
}
volumes() {
  cat <<EOF
    volumes:
      - {name: data, storageType: AzureFile, storageName: $share, mountOptions: "uid=10001,gid=10001,dir_mode=0700,file_mode=0600"}
      - {name: tmp, storageType: EmptyDir}
EOF
}
(
  umask 077
  {
    common
    cat <<EOF
  configuration:
    activeRevisionsMode: Single
    ingress: {external: true, targetPort: 8765, transport: http, allowInsecure: false}
    registries: [{server: $registry.azurecr.io, identity: "$identity_id"}]
    secrets: [{name: token, value: "$token"}]
  template:
    scale: {minReplicas: 0, maxReplicas: 1, cooldownPeriod: 1800}
    containers:
      - name: sentigram
        image: $image
        args: [serve, --host, 0.0.0.0, --port, "8765", --data, /data/jobs, --public-name, $name.$domain, --behind-proxy${emotions:+, $emotions}]
        env: [{name: SENTIGRAM_TOKEN, secretRef: token}]
        resources: {cpu: $cpu, memory: $memory}
        probes:
          - {type: Liveness, httpGet: {path: /healthz, port: 8765}, periodSeconds: 30, initialDelaySeconds: 10}
        volumeMounts: [{volumeName: data, mountPath: /data}, {volumeName: tmp, mountPath: /tmp}]
EOF
    volumes
  } >"$work/app.yaml"
  {
    common
    cat <<EOF
  configuration:
    triggerType: Event
    replicaTimeout: 21600
    replicaRetryLimit: 1
    registries: [{server: $registry.azurecr.io, identity: "$identity_id"}]
    secrets:
      - {name: storage, value: "DefaultEndpointsProtocol=https;AccountName=$storage;AccountKey=$key;EndpointSuffix=core.windows.net"}
      - {name: queue, value: "https://$storage.queue.core.windows.net/$queue?$sas"}
    eventTriggerConfig:
      parallelism: 1
      replicaCompletionCount: 1
      scale:
        minExecutions: 0
        maxExecutions: $max_jobs
        pollingInterval: 30
        rules:
          - name: queue
            type: azure-queue
            metadata: {accountName: $storage, queueName: $queue, queueLength: "1"}
            auth: [{secretRef: storage, triggerParameter: connection}]
  template:
    containers:
      - name: archive
        image: $image
        command: [sentigram-azure-queue, /data/archive]
        env: [{name: SENTIGRAM_QUEUE_URL, secretRef: queue}]
        resources: {cpu: $cpu, memory: $memory}
        volumeMounts: [{volumeName: data, mountPath: /data}, {volumeName: tmp, mountPath: /tmp}]
EOF
    volumes
  } >"$work/archive.yaml"
)
[ -z "$dry" ] || { masked "$work/app.yaml"; masked "$work/archive.yaml"; }
ask containerapp create --resource-group "$group" --name "$name" --yaml "$work/app.yaml"
ask containerapp job create --resource-group "$group" --name "$name-archive" --yaml "$work/archive.yaml"

shown_token=$token
[ -z "$dry" ] || shown_token='(made when it is put there)'
[ -z "${SENTIGRAM_TOKEN:-}" ] || shown_token='as in SENTIGRAM_TOKEN'
cat <<EOF
The page:     https://$name.$domain
The token:    $shown_token
An archive:   put folders below archive/ of the share $share of $storage, then, for each of them,
              az storage message put --account-name $storage --queue-name $queue --content FOLDER
All away:     deploy/azure.sh --group $group --down
EOF
