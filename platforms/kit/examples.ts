/** A post shown on the platform's page. It is valid as it is, except for the account. */
export interface Example {
  title: string;
  content: Record<string, unknown>;
  settings?: Record<string, unknown>;
}

export const CDN = "https://cdn.example.com";

export const film = {
  url: `${CDN}/launch.mp4`,
  type: "video",
  mimeType: "video/mp4",
  sizeBytes: 18_432_000,
  width: 1080,
  height: 1920,
  durationSeconds: 24,
};

export const photo = {
  url: `${CDN}/product.jpg`,
  type: "image",
  mimeType: "image/jpeg",
  sizeBytes: 248_120,
  width: 1080,
  height: 1080,
};
