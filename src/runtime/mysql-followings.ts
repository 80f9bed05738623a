import { mariadbFollowing } from "./mariadb-following.ts";
import { mysqlFollowing } from "./mysql-following.ts";
import type { MysqlFollowing } from "./mysql-replication.ts";
import type { MysqlEngine } from "./mysql-users.ts";

export const followings: Readonly<Record<MysqlEngine, MysqlFollowing>> = {
  mariadb: mariadbFollowing,
  mysql: mysqlFollowing,
};
