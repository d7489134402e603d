// SPDX-License-Identifier: MIT
//
// The cluster as it is meant to be: tiers with their members, the entries users reach, the backups
// with their schedules.
//
// It must never hold what was found by asking, or change once loaded: these are values. It opens no
// file: a time zone is read from bytes handed in, and `now` is handed in too.
//
// Entry types: `DeclaredCluster`, `CalendarEvent`, `TimeZoneRules`.
//
// Sources: Proxmox VE documentation, "Calendar Events"; RFC 8536 for zone files.
