#!/bin/sh
# Starts payment-api for the web server of a shared host, as FastCGI or as plain CGI.
#
# SPDX-License-Identifier: MIT

# (1) where the program and its configuration are: outside the document root
home=/home/account/payment-api

# Of programs that are not static, libraries that the host lacks may lie there, too.
LD_LIBRARY_PATH=$home/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

# Not an argument: arguments of CGI programs may come from the query string.
PAYMENT_API_CONF=$home/payment-api.conf
export PAYMENT_API_CONF

exec "$home/payment-api.fcgi" --workers 1
