# syntax=docker/dockerfile:1
# LocalAWS on Alpine's own Node.js: the bundle, better-sqlite3 and nothing else.
FROM alpine:3.22 AS build
RUN apk add --no-cache nodejs npm
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY console ./console
COPY src ./src
# Of the optional dependencies only better-sqlite3 is of use in an Alpine container, where the docker runtime runs databases.
RUN npm run build \
 && mkdir -p /shipped/better-sqlite3/prebuilds \
 && cd node_modules/better-sqlite3 \
 && cp -r package.json LICENSE lib /shipped/better-sqlite3 \
 && cp prebuilds/linuxmusl-*.node /shipped/better-sqlite3/prebuilds

FROM alpine:3.22
RUN apk add --no-cache nodejs su-exec tini \
 && addgroup -S localaws && adduser -S -D -H -G localaws localaws \
 && install -d -o localaws -g localaws -m 700 /data
WORKDIR /opt/localaws
COPY --from=build /build/package.json ./
COPY --from=build /shipped ./node_modules
COPY --from=build /build/dist ./dist
COPY LICENSE README.md ./
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
RUN ln -s /opt/localaws/dist/main.js /usr/local/bin/localaws
ENV NODE_ENV=production LOCALAWS_LISTEN=0.0.0.0:4566,0.0.0.0:3000 LOCALAWS_DATA_DIR=/data
VOLUME /data
EXPOSE 4566 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --start-interval=1s \
  CMD wget -q -O /dev/null http://127.0.0.1:4566/_localaws/health
ENTRYPOINT ["/sbin/tini", "--", "docker-entrypoint.sh"]
CMD ["start"]
