// SPDX-License-Identifier: MIT
#pragma once
#include <snappy-c.h>
