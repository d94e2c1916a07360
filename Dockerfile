# Build: everything is compiled here, and what only developers need is left behind.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.json
RUN npm prune --omit=dev --no-audit --no-fund

# Run: an unprivileged user, one folder to write. Which stream is watched must be said: NATS_URL has
# no default, and no setting of the business has one here. The door is open to other machines, so it asks
# for an API key: make one before the first start, into the volume:
#   docker run --rm -v claimsentry:/data claimsentry node dist/src/commands/keys.js add his-1 H44010000001 check,events
#   docker run -d -v claimsentry:/data -p 3000:3000 -e NATS_URL=nats://… claimsentry
FROM node:20-bookworm-slim
ENV NODE_ENV=production
ENV HOST=0.0.0.0
ENV DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY rules ./rules
RUN mkdir -p /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD node -e "fetch('http://127.0.0.1:' + (process.env.PORT ?? 3000) + '/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
CMD ["sh", "-c", ": \"${NATS_URL:?set NATS_URL to the NATS server, for instance nats://nats:4222}\" && exec node --max-semi-space-size=2 --enable-source-maps dist/src/main.js"]
