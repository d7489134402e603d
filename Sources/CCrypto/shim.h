// SPDX-License-Identifier: MIT
#pragma once
#include <openssl/evp.h>
