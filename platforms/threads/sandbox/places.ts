import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";
import { needQuota, useQuota } from "./quotas.ts";
import { withViewer, type Viewer } from "./viewer.ts";

/** The places returned by the search. An ID is a number here and a string elsewhere, as on the platform. */
const PLACES = [
  {
    id: 106078429431815,
    name: "Menlo Park",
    address: "",
    city: "Menlo Park",
    country: "United States",
    latitude: 37.4529,
    longitude: -122.1817,
    postal_code: "94025",
  },
  {
    id: 106377336067638,
    name: "Bern",
    address: "",
    city: "Bern",
    country: "Switzerland",
    latitude: 46.948,
    longitude: 7.4474,
    postal_code: "3011",
  },
  {
    id: 111777152182368,
    name: "Vienna",
    address: "",
    city: "Vienna",
    country: "Austria",
    latitude: 48.2082,
    longitude: 16.3738,
    postal_code: "1010",
  },
  {
    id: 114497808567786,
    name: "London",
    address: "",
    city: "London",
    country: "United Kingdom",
    latitude: 51.5072,
    longitude: -0.1276,
    postal_code: "SW1A",
  },
  {
    id: 108424279189115,
    name: "New York, New York",
    address: "",
    city: "New York",
    country: "United States",
    latitude: 40.7128,
    longitude: -74.006,
    postal_code: "10007",
  },
] as const;

export const PLACE_ROUTES: readonly SandboxRoute[] = [
  {
    method: "GET",
    host: "graph.threads.net",
    path: "/location_search",
    operation: "read",
    run: withViewer(["threads_location_tagging"], searchPlaces),
  },
];

export function findPlace(id: string): (typeof PLACES)[number] | undefined {
  return PLACES.find((place) => String(place.id) === id);
}

function searchPlaces(call: Call, viewer: Viewer): PlatformAnswer {
  const { params } = call;
  const asked = params["q"]?.trim().toLowerCase() ?? "";
  const [latitude, longitude] = [params["latitude"], params["longitude"]].map(Number);
  const near = params["latitude"] !== undefined && params["longitude"] !== undefined;
  if (!near && asked === "") throw new Refusal(ERRORS.missing("q"));
  needQuota(call, viewer, "places");
  useQuota(call, viewer, "places");
  const data = PLACES.filter((place) =>
    near
      ? Math.abs(place.latitude - (latitude ?? 0)) < 1 && Math.abs(place.longitude - (longitude ?? 0)) < 1
      : place.name.toLowerCase().includes(asked),
  );
  return jsonAnswer({ data }, { headers: graphHeaders(call) });
}
