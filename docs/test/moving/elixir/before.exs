# #region namespace
alias Cloudflare.WorkersKvNamespace

params = [account_id: account_id]

id =
  case WorkersKvNamespace.create(%{title: "settings"}, params: params) do
    {:ok, %{status: 200, body: %{"result" => %{"id" => id}}}} -> id
    # Any HTTP status is :ok, refusals too.
    {:ok, %{body: %{"errors" => errors}}} -> raise inspect(errors)
    {:error, exception} -> raise exception
  end
# #endregion namespace

# #region value
path = "accounts/#{account_id}/storage/kv/namespaces/#{id}/values/theme"
{:ok, %{status: 200}} = Cloudflare.Client.put(path, "dark", [])
{:ok, %{body: value}} = Cloudflare.Client.get(path, [])
# #endregion value
