import type { PlatformName } from "../model/platform-names.ts";
import { platforms } from "./index.ts";

/** What to enter on a platform's developer portal for an instance with this app URL. */
export interface PortalAddresses {
  redirectUri: string;
  /** Where the platform reports that a person removed the app, or wants their data deleted; null if it does neither. */
  deauthorize: string | null;
  dataDeletion: string | null;
  privacyPolicy: string;
  terms: string;
}

export function portalAddresses(
  platform: PlatformName,
  appUrl: string,
  redirectUri = `${appUrl}/api/platforms/${platform}/callback`,
): PortalAddresses {
  const reports = platforms[platform].oauth?.readSignedRequest !== undefined;
  return {
    redirectUri,
    deauthorize: reports ? `${appUrl}/meta/deauthorize/${platform}` : null,
    dataDeletion: reports ? `${appUrl}/meta/data-deletion/${platform}` : null,
    privacyPolicy: `${appUrl}/privacy`,
    terms: `${appUrl}/terms`,
  };
}
