import type {
  IAuthenticateGeneric,
  Icon,
  ICredentialTestRequest,
  ICredentialType,
  INodeProperties,
} from "n8n-workflow";

/** An API key, and the instance it is for. */
export class AmpostApi implements ICredentialType {
  name = "ampostApi";

  displayName = "Ampost API";

  icon: Icon = { light: "file:../icons/ampost.svg", dark: "file:../icons/ampost.dark.svg" };

  documentationUrl = "https://ampost.io/docs/n8n";

  properties: INodeProperties[] = [
    {
      displayName: "API Key",
      name: "apiKey",
      type: "string",
      typeOptions: { password: true },
      required: true,
      default: "",
      description: "It begins with amp_live_, or with amp_test_ for the sandbox",
    },
    {
      displayName: "Base URL",
      name: "baseUrl",
      type: "string",
      required: true,
      default: "https://api.ampost.io",
      description: "Where the API of your instance is",
      placeholder: "e.g. https://api.ampost.io",
    },
  ];

  authenticate: IAuthenticateGeneric = {
    type: "generic",
    properties: { headers: { Authorization: "=Bearer {{ $credentials.apiKey }}" } },
  };

  test: ICredentialTestRequest = {
    request: { baseURL: '={{ $credentials.baseUrl.replace(/\\/+$/, "") }}', url: "/api/v1/account-context" },
  };
}
