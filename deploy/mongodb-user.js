// SPDX-License-Identifier: MIT
//
// The user with which hvsmon reads a replica set. Run it once, as an administrator, with mongosh 1.0
// or newer; the primary takes it and all members that hold data then know it:
//
//     mongosh --username admin "mongodb://mongo1,mongo2,mongo3/admin?replicaSet=rs0" mongodb-user.js
//
// It asks for the new password, which goes into the file that `mongodb.password_file` of hvsmon.yml
// names. Run again it sets the rights anew and leaves the password.
//
// The rights, and which questions want them:
//
//     clusterMonitor on admin  replSetGetStatus, replSetGetConfig, serverStatus, getParameter
//     read on local            the first and the last entry of the oplog, for its window
//
// hvsmon asks nothing else and no data. `hello` wants no right, and arbiters know no users.

const roles = [
  { role: "clusterMonitor", db: "admin" },
  { role: "read", db: "local" },
];
const admin = db.getSiblingDB("admin");
if (admin.getUser("hvsmon") === null) {
  admin.createUser({ user: "hvsmon", pwd: passwordPrompt(), roles: roles });
  print("made the user hvsmon");
} else {
  admin.updateUser("hvsmon", { roles: roles });
  print("the user hvsmon was there: its rights are set anew");
}
