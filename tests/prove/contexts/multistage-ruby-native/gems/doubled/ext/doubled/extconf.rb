require 'mkmf'

create_makefile('doubled')
